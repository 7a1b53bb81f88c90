import { expect, test } from 'vitest'
import { logCommand } from './log-command.ts'

test.each([
  { shown: { level: 'info', component: '', text: '', follows: false }, command: './sluice logs' },
  {
    shown: { level: 'warn', component: 'pipeline orders', text: "it's", follows: true },
    command: `./sluice logs -f --level warn --component 'pipeline orders' --text 'it'\\''s'`,
  },
])('what is shown is shown by $command', ({ shown, command }) => {
  expect(logCommand(shown)).toBe(command)
})
