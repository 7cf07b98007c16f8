// Applies a folder of manifests once with the engine of Argo CD, the way its controller does with automatic sync,
// ServerSideApply and ApplyOutOfSyncOnly: it reads the cluster into its cache, compares, and writes what differs, if anything does.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/cache"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/diff"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync/common"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/kube"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/tracing"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// What tells the objects of this run from all others, like Argo CD's tracking annotation.
const (
	mark      = "bench.fairlead.dev/tracking"
	namespace = "default"
	manager   = "argocd-controller"
)

// What automatic sync does about failures.
const (
	retries = 5
	backoff = 5 * time.Second
)

// How long to leave the server alone before the state of the sync is looked at again.
const pause = 100 * time.Millisecond

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: %s KUBECONFIG FOLDER", os.Args[0]))
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	fail(err)
	fail(apply(config, os.Args[2]))
}

func apply(config *rest.Config, folder string) error {
	// Argo CD's own defaults; those of the library are a tenth.
	config.QPS, config.Burst = 50, 100
	targets, err := read(folder)
	if err != nil {
		return err
	}
	cluster := cache.NewClusterCache(config,
		cache.SetLogr(logr.Discard()),
		cache.SetPopulateResourceInfoHandler(func(object *unstructured.Unstructured, _ bool) (any, bool) {
			isManaged := object.GetAnnotations()[mark] != ""
			return isManaged, isManaged
		}))
	if err := cluster.EnsureSynced(); err != nil {
		return err
	}
	wait := backoff
	for attempt := 0; ; attempt++ {
		err := reconcile(config, cluster, targets)
		if err == nil || attempt == retries {
			return err
		}
		fmt.Fprintf(os.Stderr, "once more in %v: %v\n", wait, err)
		time.Sleep(wait)
		wait *= 2
	}
}

// Compares, and writes what differs.
func reconcile(config *rest.Config, cluster cache.ClusterCache, targets []*unstructured.Unstructured) error {
	live, err := cluster.GetManagedLiveObjs(targets, func(resource *cache.Resource) bool {
		isManaged, ok := resource.Info.(bool)
		return ok && isManaged
	})
	if err != nil {
		return err
	}
	pairs := sync.Reconcile(targets, live, namespace, cluster)
	differences, err := diff.DiffArray(pairs.Target, pairs.Live, diff.WithLogr(logr.Discard()),
		diff.WithStructuredMergeDiff(true), diff.WithGVKParser(cluster.GetGVKParser()), diff.WithManager(manager))
	if err != nil {
		return err
	}
	if !differences.Modified {
		fmt.Printf("%d objects are as they should be\n", len(targets))
		return nil
	}
	return write(config, pairs, differences)
}

func write(config *rest.Config, pairs sync.ReconciliationResult, differences *diff.DiffResultList) error {
	kubectl := &kube.KubectlCmd{Log: logr.Discard(), Tracer: tracing.NopTracer{}}
	run, cleanup, err := sync.NewSyncContext("bench", pairs, config, config, kubectl, namespace,
		sync.WithLogr(logr.Discard()), sync.WithPrune(true), sync.WithServerSideApply(true), sync.WithServerSideApplyManager(manager),
		sync.WithResourceModificationChecker(true, differences))
	if err != nil {
		return err
	}
	defer cleanup()
	for {
		run.Sync()
		phase, message, results := run.GetState()
		if !phase.Completed() {
			time.Sleep(pause)
			continue
		}
		fmt.Printf("%s: %s, %d results\n", phase, message, len(results))
		if phase == common.OperationSucceeded {
			return nil
		}
		for _, result := range results {
			if result.Status == common.ResultCodeSyncFailed {
				return fmt.Errorf("%s: %s", result.ResourceKey.String(), result.Message)
			}
		}
		return fmt.Errorf("the sync ended as %s: %s", phase, message)
	}
}

func read(folder string) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read, err := kube.SplitYAML(data)
		for _, object := range read {
			objects = append(objects, members(object)...)
		}
		return err
	})
	for _, object := range objects {
		annotations := object.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[mark] = "bench"
		object.SetAnnotations(annotations)
	}
	return objects, err
}

// What a list holds, or else the object itself: Argo CD takes lists apart before its engine sees them.
func members(object *unstructured.Unstructured) []*unstructured.Unstructured {
	if !object.IsList() {
		return []*unstructured.Unstructured{object}
	}
	list, err := object.ToList()
	fail(err)
	var objects []*unstructured.Unstructured
	for index := range list.Items {
		objects = append(objects, &list.Items[index])
	}
	return objects
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
