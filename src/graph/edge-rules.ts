/**
 * The strength of an edge. The server requires hard edges, a manifest requests explicit ones, and soft ones give a better order. A
 * cycle of hard and explicit edges stops the run; a soft edge that would close a cycle is dropped.
 */
export type EdgeStrength = 'hard' | 'explicit' | 'soft'

/** A reason why one object comes before another. */
export interface EdgeRule {
  readonly strength: EdgeStrength
  /** The reason as a sentence that starts with `{to}` or `{from}`, which stand for the two objects. */
  readonly text: string
}

/**
 * Every reason for an edge. Of soft edges that contradict each other, those with a rule further up are kept. The table in
 * docs/explanation/ordering.md compares them with other tools.
 */
export const EDGE_RULES = {
  namespace: { strength: 'hard', text: '{to} lives in {from}' },
  definition: { strength: 'hard', text: '{from} defines the kind of {to}' },
  'depends-on': { strength: 'explicit', text: '{to} depends on {from}' },
  wave: { strength: 'explicit', text: '{to} comes after {from}' },
  reads: { strength: 'soft', text: '{to} reads {from}' },
  mounts: { strength: 'soft', text: '{to} mounts {from}' },
  'runs as': { strength: 'soft', text: '{to} runs as {from}' },
  'is of': { strength: 'soft', text: '{to} uses {from}' },
  default: { strength: 'soft', text: '{from} is the default for {to}' },
  'uses device': { strength: 'soft', text: '{to} claims {from}' },
  role: { strength: 'soft', text: '{to} grants {from}' },
  subject: { strength: 'soft', text: '{to} grants permissions to {from}' },
  'token of': { strength: 'soft', text: '{to} holds a token of {from}' },
  'governed by': { strength: 'soft', text: '{to} is governed by {from}' },
  'routes to': { strength: 'soft', text: '{to} routes to {from}' },
  'attaches to': { strength: 'soft', text: '{to} attaches to {from}' },
  'restored from': { strength: 'soft', text: '{to} is restored from {from}' },
  'bound to': { strength: 'soft', text: '{to} binds {from}' },
  parameter: { strength: 'soft', text: '{to} takes its parameters from {from}' },
  scales: { strength: 'soft', text: '{to} scales {from}' },
  guards: { strength: 'soft', text: '{from} guards the Pods of {to}' },
  'answered by': { strength: 'soft', text: '{to} is answered by {from}' },
  'converted by': { strength: 'soft', text: '{to} is converted by {from}' },
  serves: { strength: 'soft', text: '{from} serves the kind of {to}' },
  rights: { strength: 'soft', text: '{to} needs the permissions that {from} grants' },
  limits: { strength: 'soft', text: '{from} applies to Pods created after it, including those of {to}' },
  'refers to': { strength: 'soft', text: '{to} refers to {from}' },
  policy: { strength: 'soft', text: '{from} validates objects applied after it, including {to}' },
  finalizes: { strength: 'soft', text: '{to} may have to finalize {from}' },
  'wave back': { strength: 'soft', text: '{to} is of an earlier wave than {from}' },
} as const satisfies Record<string, EdgeRule>

/** The name of a rule. */
export type EdgeRuleName = keyof typeof EDGE_RULES

const RANKS: ReadonlyMap<string, number> = new Map(Object.keys(EDGE_RULES).map((name, rank) => [name, rank]))

/** Returns the rank of a rule, from 0 for the strongest. */
export function ruleRank(name: EdgeRuleName): number {
  return RANKS.get(name) ?? RANKS.size
}
