// Applies a folder of manifests once with the engine of Flux, the way its kustomize-controller does: staged, with four
// dry runs at a time, and only what differs from its dry run is written.
package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/normalize"
	"github.com/fluxcd/pkg/ssa/utils"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The default of kustomize-controller's --concurrent-ssa.
const dryRunsAtATime = 4

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: %s KUBECONFIG FOLDER", os.Args[0]))
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	fail(err)
	fail(apply(context.Background(), config, os.Args[2]))
}

func apply(ctx context.Context, config *rest.Config, folder string) error {
	// Flux does not throttle itself where the server has priority and fairness.
	config.QPS = -1
	objects, err := read(folder)
	if err != nil {
		return err
	}
	if err := normalize.UnstructuredList(objects); err != nil {
		return err
	}
	cluster, err := client.New(config, client.Options{})
	if err != nil {
		return err
	}
	poller := polling.NewStatusPoller(cluster, cluster.RESTMapper(), polling.Options{})
	manager := ssa.NewResourceManager(cluster, poller, ssa.Owner{
		Field: "kustomize-controller",
		Group: "kustomize.toolkit.fluxcd.io",
	})
	manager.SetConcurrency(dryRunsAtATime)
	manager.SetOwnerLabels(objects, "bench", "default")
	changes, err := manager.ApplyAllStaged(ctx, objects, ssa.DefaultApplyOptions())
	if err != nil {
		return err
	}
	counts := map[ssa.Action]int{}
	for _, entry := range changes.Entries {
		counts[entry.Action]++
	}
	fmt.Println(counts)
	return nil
}

func read(folder string) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		read, err := utils.ReadObjects(file)
		objects = append(objects, read...)
		return err
	})
	return objects, err
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
