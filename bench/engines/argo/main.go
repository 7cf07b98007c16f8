// Applies a folder of manifests once with the engine of Argo CD, the way its controller does with automatic sync and
// ApplyOutOfSyncOnly: it reads the cluster into its cache, compares, and writes what differs, if anything does.
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
	live, err := cluster.GetManagedLiveObjs(targets, func(resource *cache.Resource) bool {
		isManaged, ok := resource.Info.(bool)
		return ok && isManaged
	})
	if err != nil {
		return err
	}
	pairs := sync.Reconcile(targets, live, namespace, cluster)
	differences, err := diff.DiffArray(pairs.Target, pairs.Live, diff.WithLogr(logr.Discard()))
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
		sync.WithLogr(logr.Discard()), sync.WithPrune(true), sync.WithResourceModificationChecker(true, differences))
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
		objects = append(objects, read...)
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

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
