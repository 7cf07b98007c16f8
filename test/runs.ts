/**
 * How often a property is tried: `few` times and from a fixed seed, so that a run says the same every time; as often as
 * FAIRLEAD_RUNS says, each time from another seed, in the nightly form.
 */
export function runs(few: number): { readonly numRuns: number; readonly seed?: number } {
  const many = Number(process.env.FAIRLEAD_RUNS ?? '')
  return many > 0 ? { numRuns: Math.max(few, Math.ceil((few * many) / 300)) } : { numRuns: few, seed: 20_261 }
}
