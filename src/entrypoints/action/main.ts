import './quiet.ts'
import { runAction } from './action.ts'

await runAction()
