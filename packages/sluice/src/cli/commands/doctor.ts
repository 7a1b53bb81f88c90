/** `sluice doctor`: what is wrong with the installation and what to do. */

import { contract } from '../../contract/index.ts'
import { counted } from '../../kernel/plural.ts'
import type { CommandContext } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { failureOf } from '../failure.ts'
import type { DoctorFinding } from '../local-commands.ts'
import { defineCommand } from '../options.adapter.ts'
import { printAnswer } from '../output.ts'
import type { Paint, Tone } from '../paint.ts'
import { fileArgument, kafkaOption, postgresOption, runSettingsOf } from './run-options.ts'

const tones: Readonly<Record<DoctorFinding['verdict'], readonly [tone: Tone, mark: string]>> = {
  ok: ['ok', '✓'],
  warning: ['warn', '▲'],
  problem: ['bad', '✕'],
}

const ok = (check: string, says: string): DoctorFinding => ({ check, verdict: 'ok', says, fix: null })

/** Whether a server answers, is of this version, is well, and takes our key. */
const serverFindings = async ({ client, version }: CommandContext): Promise<DoctorFinding[]> => {
  const { endpoints } = contract.health
  try {
    const health = await client.call(endpoints.health)
    const findings: DoctorFinding[] = [
      health.version === version
        ? ok('server', `${client.address} answers, version ${health.version}`)
        : {
            check: 'server',
            verdict: 'warning',
            says: `${client.address} has version ${health.version}, this is ${version}`,
            fix: 'Use the same version on both sides.',
          },
    ]
    const ready = await client.call(endpoints.ready)
    for (const { name, ok: well, problem, latency_ms: latency } of ready.checks) {
      findings.push(
        well
          ? ok(name, `answers in ${latency ?? 0} ms`)
          : {
              check: name,
              verdict: 'problem',
              says: problem ?? 'does not answer',
              fix: `Look after ${name}; Sluice goes on trying.`,
            },
      )
    }
    const { data } = await client.call(contract.pipelines.endpoints.list)
    const ill = data.filter(
      ({ state, ledger }) => state === 'failed' || state === 'degraded' || ledger.gap !== 0,
    )
    findings.push(ok('pipelines', `${data.length} known, ${data.length - ill.length} well`))
    for (const { name, state, reason, ledger } of ill) {
      findings.push({
        check: `pipeline ${name}`,
        verdict: 'problem',
        says:
          ledger.gap === 0 ? `${state}: ${reason ?? 'no reason told'}` : `its ledger is ${ledger.gap} off`,
        fix: `sluice pipelines show ${name}`,
      })
    }
    return findings
  } catch (error) {
    const { error: says, next, exitCode } = failureOf(error, 'sluice up')
    const verdict = exitCode === exitCodes.unreachable ? 'warning' : 'problem'
    return [{ check: 'server', verdict, says, fix: next }]
  }
}

const findingLines = ({ check, verdict, says, fix }: DoctorFinding, paint: Paint): string[] => {
  const [tone, mark] = tones[verdict]
  const line = `${paint(tone, mark)} ${paint('strong', check)}: ${says}`
  return fix === null ? [line] : [line, `    ${paint('accent', fix)}`]
}

export const doctorCommand = defineCommand({
  path: ['doctor'],
  summary: 'Say what is wrong with the installation and what to do',
  description:
    'Looks at this machine (Node, binaries, ports, folders, configuration), at the key, and at the server where one ' +
    'answers. Changes nothing. Exit code 1 where there is a problem.',
  positionals: [fileArgument],
  options: { kafka: kafkaOption, postgres: postgresOption },
  examples: [
    { line: 'sluice doctor', says: 'look at everything' },
    { line: 'sluice doctor --json', says: 'for a report' },
  ],
  next: 'sluice --help',
  run: async (context, { options, positionals }) => {
    const findings = [
      ...(await context.local.doctor(runSettingsOf(positionals[0], context.options, options))),
      ...(await serverFindings(context)),
    ]
    const problems = findings.filter(({ verdict }) => verdict === 'problem').length
    await printAnswer(context, { findings, problems }, (_, paint) => [
      ...findings.flatMap((finding) => findingLines(finding, paint)),
      '',
      problems === 0 ? 'No problem found.' : `${counted(problems, 'problem')} found.`,
    ])
    return problems === 0 ? exitCodes.ok : exitCodes.failed
  },
})
