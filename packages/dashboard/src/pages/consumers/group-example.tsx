/** How somebody reads a topic with a group, for empty pages. */
import type { ReactNode } from 'react'
import { useAddresses } from '../../client/addresses.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { shellWord } from '../messages/question.ts'

/** The command with the address of this Kafka, where one may know it. */
export const GroupExample = ({ topic }: { topic: string }): ReactNode => {
  const kafka = useAddresses().kafka ?? 'BROKER'
  return <CodeBlock text={`kcat -b ${shellWord(kafka)} -G my-group ${shellWord(topic)}`} />
}
