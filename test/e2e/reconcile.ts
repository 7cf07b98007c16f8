import type { ControlPlane } from '../../testbed/controlplane.ts'
import { temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { runStep, type StepResult } from '../../testbed/step.ts'

/** Runs the step as cluster-admin on a folder with these files; `inputs` name the set, whatever the folder is called. */
export function reconcileFiles(
  cluster: ControlPlane,
  files: Readonly<Record<string, string>>,
  inputs: Readonly<Record<string, string>> & { readonly name: string },
): Promise<StepResult> {
  const folder = temporaryFolder()
  writeFiles(folder, { ...files })
  return runStep({
    with: { repository: folder, ...inputs },
    env: { KUBECONFIG: cluster.kubeconfig },
    path: [cluster.bin],
  })
}
