import { removeScratch } from './scratch.ts'

// The runner passes what the main step saved. After a clean end the folder is gone already.
const scratch = process.env.STATE_scratch ?? ''
if (scratch !== '') removeScratch(scratch)
