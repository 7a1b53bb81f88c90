/** Prometheus' text format 0.0.4. */
import type { MetricDefinition } from '../contract/metrics.ts'

export interface Sample {
  readonly metric: MetricDefinition
  /** Added to the name, for the parts of a histogram. */
  readonly suffix?: '_bucket' | '_sum' | '_count'
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')

const sampleLine = ({ metric, suffix, labels, value }: Sample): string => {
  const pairs = Object.entries(labels).map(([name, text]) => `${name}="${escapeLabel(text)}"`)
  return `${metric.name}${suffix ?? ''}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`
}

/** Samples as text format 0.0.4, grouped by metric. */
export const metricsText = (samples: readonly Sample[]): string => {
  let text = ''
  for (const [metric, group] of Map.groupBy(samples, (sample) => sample.metric)) {
    text += `# HELP ${metric.name} ${metric.help.replaceAll('\\', '\\\\')}\n# TYPE ${metric.name} ${metric.type}\n`
    for (const sample of group) text += sampleLine(sample)
  }
  return text
}
