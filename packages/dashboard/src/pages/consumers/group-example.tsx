/** How somebody reads a topic with a group, for empty pages. */
import type { ReactNode } from 'react'
import { useSession } from '../../client/session.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { shellWord } from '../messages/question.ts'

/** The command with the address of this Kafka, where the server tells it. */
export const GroupExample = ({ topic }: { topic: string }): ReactNode => {
  const kafka = useSession().data?.environment.kafka ?? 'BROKER'
  return <CodeBlock text={`kcat -b ${shellWord(kafka)} -G my-group ${shellWord(topic)}`} />
}
