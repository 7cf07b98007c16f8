import './quiet.ts'
import { cleanUp } from './cleanup.ts'

await cleanUp()
