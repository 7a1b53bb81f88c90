/** `npm run check`: what can be told within half a minute. The rest is in `npm test`. */
import { staticChecks, tests } from './checks.ts'
import { runStages } from './run-checks.ts'

const say = (text: string): void => console.log(text)
const total = await runStages([[staticChecks, [tests('unit')]]], say)
say(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 ? 0 : 1
