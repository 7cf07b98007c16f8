/**
 * How much an edge binds. A cycle of hard and explicit edges stops the run; a soft edge that would close a cycle is
 * dropped. Hard is what the server demands, explicit what a manifest asks for, soft what is merely better.
 */
export type Force = 'hard' | 'explicit' | 'soft'

/** Why one object comes before another. */
export interface Rule {
  readonly force: Force
  /** The sentence for people, with `{after}` and `{before}` for the two objects, and one of them at its beginning. */
  readonly says: string
}

/**
 * Every reason for an edge. Where soft edges contradict each other, those of a rule that stands further up are kept.
 * The table in docs/ordering.md says who else knows them.
 */
export const RULES = {
  namespace: { force: 'hard', says: '{after} lives in {before}' },
  definition: { force: 'hard', says: '{before} defines the kind of {after}' },
  'depends-on': { force: 'explicit', says: '{after} depends on {before}' },
  wave: { force: 'explicit', says: '{after} comes after {before}' },
  reads: { force: 'soft', says: '{after} reads {before}' },
  mounts: { force: 'soft', says: '{after} mounts {before}' },
  'runs as': { force: 'soft', says: '{after} runs as {before}' },
  'is of': { force: 'soft', says: '{after} is of {before}' },
  default: { force: 'soft', says: '{before} is the default for {after}' },
  'uses device': { force: 'soft', says: '{after} claims {before}' },
  role: { force: 'soft', says: '{after} grants {before}' },
  subject: { force: 'soft', says: '{after} gives rights to {before}' },
  'token of': { force: 'soft', says: '{after} holds a token of {before}' },
  'governed by': { force: 'soft', says: '{after} is governed by {before}' },
  'routes to': { force: 'soft', says: '{after} routes to {before}' },
  'attaches to': { force: 'soft', says: '{after} attaches to {before}' },
  'restored from': { force: 'soft', says: '{after} is restored from {before}' },
  'bound to': { force: 'soft', says: '{after} binds {before}' },
  parameter: { force: 'soft', says: '{after} takes its parameters from {before}' },
  scales: { force: 'soft', says: '{after} scales {before}' },
  guards: { force: 'soft', says: '{before} guards the Pods of {after}' },
  'answered by': { force: 'soft', says: '{after} is answered by {before}' },
  'converted by': { force: 'soft', says: '{after} is converted by {before}' },
  serves: { force: 'soft', says: '{before} serves the kind of {after}' },
  rights: { force: 'soft', says: '{after} needs the rights that {before} gives' },
  limits: { force: 'soft', says: '{before} holds for Pods made after it, also those of {after}' },
  'refers to': { force: 'soft', says: '{after} refers to {before}' },
  policy: { force: 'soft', says: '{before} judges what comes after it, also {after}' },
  finalizes: { force: 'soft', says: '{after} may have to finalize {before}' },
  'wave back': { force: 'soft', says: '{after} is of an earlier wave than {before}' },
} as const satisfies Record<string, Rule>

export type RuleName = keyof typeof RULES

const RANKS: ReadonlyMap<string, number> = new Map(Object.keys(RULES).map((name, rank) => [name, rank]))

/** The rank of a rule among all, from 0 for the strongest. */
export function rankOf(name: RuleName): number {
  return RANKS.get(name) ?? RANKS.size
}
