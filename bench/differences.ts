const BEING_DELETED =
  'both: it has a deletionTimestamp, and Argo CD itself calls such an object Progressing ("pending deletion") before it asks the script that the case tests; its engine does that for every object'

/** Why Fairlead differs from Argo CD's expectation, by prefix of the case's file; the first match counts. */
const JUDGEMENTS: readonly (readonly [start: string, judgement: string])[] = [
  ['kafka.strimzi.io/', BEING_DELETED],
  ['astra.netapp.io/ResticVolumeBackup/', BEING_DELETED],
  [
    'rabbitmq.com/Exchange/testdata/unknown',
    'either: an empty status is what there is before the controller has come, so we wait for some seconds',
  ],
  [
    'rabbitmq.com/Exchange/',
    'we: `observedGeneration` is 1 and the generation 3, so the condition is about an older specification',
  ],
  [
    'rabbitmq.com/',
    'either: an empty status is what there is before the controller has come, so we wait for some seconds',
  ],
  [
    'beat.k8s.elastic.co/Beat/testdata/unknown',
    'either: an empty status is what there is before the controller has come, so we wait for some seconds',
  ],
  [
    'beat.k8s.elastic.co/Beat/testdata/invalid',
    'we: no node of the one that is expected is there, whatever the colour',
  ],
  [
    'apps.kruise.io/DaemonSet/testdata/no-update-strategy-partition',
    'we: no node wants a Pod of it, so nothing is missing, and nothing will ever change that',
  ],
  ['apps.kruise.io/AdvancedCronJob/testdata/notScheduled', 'we: one whose time has not come has not failed'],
  [
    'microgateway.airlock.com/_/testdata/degraded_multiple_ancestors',
    'either: the second gateway gives only a condition that nobody knows, which is no refusal',
  ],
  [
    'promoter.argoproj.io/PromotionStrategy/',
    'Argo CD, in its own terms: a promotion is open. The object itself works, and a run need not wait for a promotion',
  ],
  [
    'pxc.percona.com/PerconaXtraDBCluster/testdata/paused',
    'we: paused on purpose is Suspended, as for its sister kinds',
  ],
  [
    'pxc.percona.com/PerconaXtraDBCluster/testdata/stopping',
    'we: it is under way to be paused, as Argo CD says of its sister kind PerconaServerMongoDB',
  ],
]

/** Who is right in a case in which Fairlead differs, and why; undefined if the case is not assessed yet. */
export function judgementOf(file: string): string | undefined {
  return JUDGEMENTS.find(([start]) => file.startsWith(start))?.[1]
}
