/** One message, as much of it as one wants to wait for: its beginning at once, its bytes whole on demand. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../client/call.adapter.ts'
import { useAnswer } from '../../client/queries.ts'
import { textOfBytes } from '../../parts/hex.ts'
import { bytesInSlices } from '../../parts/sliced.ts'

/** Of a larger message only the beginning is loaded unasked. */
export const unaskedBytes = 256 * 1024

export interface MessagePlace {
  readonly topic: string
  readonly partition: number
  readonly offset: string
}

export interface WholeValue {
  /** null for a tombstone. */
  readonly bytes: Uint8Array | null
  /** null where the bytes are no UTF-8. */
  readonly text: string | null
}

const loadWhole = async ({ topic, ...place }: MessagePlace, signal: AbortSignal): Promise<WholeValue> => {
  const answer = await call(
    'messages',
    'show',
    { params: { name: topic, ...place }, query: { raw: true, preview_bytes: 0 } },
    signal,
  )
  const base64 = answer.raw?.value ?? null
  if (base64 === null) return { bytes: null, text: null }
  const bytes = await bytesInSlices(base64, signal)
  return { bytes, text: bytes === null ? null : textOfBytes(bytes) }
}

/** The message at a place. `whole` is there once its bytes are; `loadWhole` asks for those of a large one. */
export const useMessage = (place: MessagePlace) => {
  const { topic, partition, offset } = place
  const name = `${topic}/${partition}/${offset}`
  const shown = useAnswer('messages', 'show', {
    params: { name: topic, partition, offset },
    query: { preview_bytes: 65_536 },
  })
  const [asked, setAsked] = useState<string | null>(null)
  const size = shown.data?.size_bytes
  const wanted = size !== undefined && (size <= unaskedBytes || asked === name)
  const whole = useQuery({
    queryKey: ['message.bytes', name],
    enabled: wanted,
    queryFn: ({ signal }) => loadWhole(place, signal),
    staleTime: Number.POSITIVE_INFINITY,
    // Large ones do not stay: one look, then the memory is free again.
    gcTime: 10_000,
    refetchOnWindowFocus: false,
  })
  return {
    shown,
    whole: whole.data ?? null,
    wholeError: whole.error,
    isLoadingWhole: wanted && whole.isFetching,
    loadWhole: () => setAsked(name),
  }
}
