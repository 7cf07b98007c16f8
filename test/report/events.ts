import type { ApplyResult } from '../../src/apply/apply-result.ts'
import type { RunEvent } from '../../src/engine/events.ts'
import { sortForApply } from '../../src/graph/apply-order.ts'
import { inputStyle } from '../../src/hint.ts'
import { DEFAULT_OPTIONS } from '../../src/object/annotations/manifest-options.ts'
import type { ResolvedManifest } from '../../src/object/resolved-manifest.ts'
import type { ObjectPlan } from '../../src/plan/object-plan.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { openRecorder } from '../../src/report/recorder.ts'
import type { RunReport } from '../../src/report/run-report.ts'
import { setOf } from '../graph/sets.ts'

/** The inventory of the set in the tests. */
export const INVENTORY = { namespace: 'fairlead', name: 'shop' }

/** The report of a run with one set, made from these events. */
export function reportOf(...events: readonly RunEvent[]): RunReport {
  const recorder = openRecorder(inputStyle)
  for (const event of events) recorder.record(event, INVENTORY)
  return recorder.report()
}

/** The apply result of a ConfigMap in its own file. */
export function applyResult(
  name: string,
  result: 'created' | 'updated' | 'unchanged' | 'failed' | 'skipped' | 'pending',
): ApplyResult {
  const id = { group: '', kind: 'ConfigMap', namespace: 'shop', name }
  const location = { file: `deploy/${name}.yaml`, line: 1 }
  const manifest = { id, version: 'v1', object: {}, options: DEFAULT_OPTIONS, location, path: name }
  if (result === 'failed') return { manifest, result, message: `the server rejects ${name}` }
  if (result === 'skipped') return { manifest, result, message: 'Deployment shop/db was rejected' }
  return { manifest, result }
}

function planOf(manifest: ResolvedManifest, more: Partial<ObjectPlan>): ObjectPlan {
  return {
    ...{ manifest, result: 'created', diffs: [], fieldTakeovers: [], driftAuthors: [], unmanagedFields: [] },
    ...{ payload: manifest.object, hash: '', checkedBy: 'server' },
    ...more,
  }
}

/** Every event that a run can emit, including values of Secrets and hostile names. */
export function everyEvent(): RunEvent[] {
  const order = sortForApply(
    setOf(
      [
        '{apiVersion: v1, kind: Namespace, metadata: {name: shop}}',
        '{apiVersion: v1, kind: ConfigMap, metadata: {name: env, namespace: shop}}',
        '{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {containers: [{name: c, image: i, envFrom: [{configMapRef: {name: env}}, {secretRef: {name: elsewhere}}]}]}}',
        '{apiVersion: v1, kind: ConfigMap, metadata: {name: drifted, namespace: shop}}',
        '{apiVersion: v1, kind: ConfigMap, metadata: {name: left, namespace: shop}}',
      ].join('\n---\n'),
    ),
  )
  const [namespace, drifted, env, left, pod] = order.sequence as [
    ResolvedManifest,
    ResolvedManifest,
    ResolvedManifest,
    ResolvedManifest,
    ResolvedManifest,
  ]
  const plan: Plan = {
    objects: [
      planOf(namespace, { result: 'unchanged' }),
      planOf(drifted, {
        result: 'drifted',
        diffs: [
          { field: 'data.level', change: 'changed', before: 'debug', after: 'info', isSecret: false },
          { field: 'data.password', change: 'changed', isSecret: true },
        ],
        driftAuthors: [{ field: 'data.level', manager: 'kubectl-edit', time: '2026-01-02T03:04:05Z' }],
      }),
      planOf(env, {
        result: 'adopted',
        message: 'what kubectl applied is managed by Git from now on',
        fieldTakeovers: [{ manager: 'kubectl', fields: ['data.a', 'data.b'] }],
        unmanagedFields: ['data.c'],
      }),
      planOf(left, { result: 'ignored', message: 'its annotation `x` says so' }),
      planOf(pod, { checkedBy: 'copy' }),
    ],
    errors: new Map(),
    pruneDecisions: [
      { id: { ...env.id, name: 'old' }, result: 'pruned', uid: 'u', path: '/old' },
      { id: { ...env.id, name: 'kept' }, result: 'kept', message: 'its annotation says so', uid: 'v', path: '' },
    ],
    pruneErrors: [],
  }
  const commit = '932c9133377fd399eab65640c62b743c37dfcf14'
  return [
    { type: 'phase-started', phase: 'fetch' },
    { type: 'repository', repository: 'https://github.com/example/config', workspacePath: 'config' },
    { type: 'folder-read', path: '/srv/config' },
    { type: 'checkout-read', path: '/srv/checkout', commit },
    { type: 'cache-wait' },
    { type: 'cache-discarded' },
    { type: 'clone', url: 'https://github.com/example/config', isUpdate: false },
    { type: 'clone', url: 'https://github.com/example/config', isUpdate: true },
    { type: 'network-retry', message: 'the network failed', seconds: 1 },
    { type: 'git-progress', text: 'Receiving objects: 100% (3/3), done.' },
    { type: 'fetched', commit },
    { type: 'fetched', commit, previous: commit },
    { type: 'fetched', commit, previous: commit.replaceAll('9', '8') },
    { type: 'commit', commit },
    { type: 'phase-finished', phase: 'fetch' },
    { type: 'set-started', mode: 'apply' },
    {
      type: 'manifests-read',
      objects: 5,
      skipped: [{ location: { file: 'values.yaml', line: 1 }, reason: 'it has neither apiVersion nor kind' }],
    },
    {
      type: 'warnings',
      warnings: [
        { message: 'The pattern `none/` matches no file.', hint: 'Check it.', location: { file: 'a.yaml', line: 2 } },
        { message: 'A name\n::error::injected', object: 'ConfigMap shop/<b>' },
      ],
    },
    { type: 'connected', context: 'production', serverVersion: 'v1.37.2', kubectlVersion: 'v1.37.2' },
    { type: 'sorted', order },
    { type: 'dry-run', objects: 3, total: 5 },
    { type: 'planned', plan, digest: `sha256:${'0'.repeat(64)}`, mode: 'apply' },
    { type: 'lock-wait', holder: 'run 1' },
    { type: 'lock-taken-over', holder: 'run 1' },
    { type: 'replan' },
    { type: 'rollback', from: '932c9133377f', to: '832c8133377f' },
    { type: 'crd-wait', resources: 1 },
    { type: 'crd-timeout', rejected: 1, resources: 2 },
    { type: 'kubectl-apply', objects: 1, processes: 1 },
    { type: 'kubectl-apply', objects: 4, processes: 2 },
    { type: 'apply-progress', done: 2, total: 4, secondsLeft: 7 },
    { type: 'apply-retry', id: env.id },
    { type: 'hook-running', id: pod.id },
    { type: 'recreate', id: pod.id, isHook: true },
    { type: 'recreate', id: env.id, isHook: false },
    { type: 'hook-delete', id: pod.id, policy: 'HookSucceeded' },
    { type: 'hook-delete', id: pod.id, policy: 'HookSucceeded', message: 'forbidden' },
    {
      type: 'results',
      results: [
        { manifest: namespace, result: 'unchanged' },
        { manifest: drifted, result: 'drifted' },
        { manifest: left, result: 'ignored', message: 'its annotation `x` says so' },
        {
          ...{ manifest: env, result: 'failed', message: 'data: Too long, and correct-horse' },
          ...{ likelyCause: 'It depends on Secret shop/db, which failed too.' },
          location: { file: 'set.yaml', line: 3, column: 5 },
        },
        { manifest: pod, result: 'skipped', message: 'ConfigMap shop/env was rejected' },
      ],
    },
    { type: 'prune', objects: 1 },
    { type: 'object-pruned', id: { ...env.id, name: 'old' } },
    { type: 'object-not-pruned', id: { ...env.id, name: 'stuck' }, result: 'kept', message: 'its finalizers are x/y' },
    { type: 'prune-results', decisions: plan.pruneDecisions },
    { type: 'wait-progress', objects: [{ id: pod.id, message: 'it has not started yet' }], total: 2 },
    { type: 'unready', objects: [{ id: pod.id, status: 'Progressing', reason: 'it has not started yet' }] },
    { type: 'wait-finished', total: 3, unready: 1, isReady: false, someDeleted: false },
    { type: 'wait-finished', total: 3, unready: 0, isReady: false, someDeleted: true },
    {
      type: 'failed',
      errors: [
        {
          ...{ code: 'E-DUP', message: 'The repository has this object twice.', hint: 'Keep one of them.' },
          ...{ object: 'ConfigMap shop/env', location: { file: 'b.yaml', line: 1 } },
          relatedLocation: { file: 'a.yaml', line: 9 },
        },
      ],
    },
  ]
}
