/** The address of one message, `/topics/NAME/messages/PARTITION/OFFSET`: leads to it within its list. */

import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { usePathParam } from '../../parts/address.adapter.ts'
import { Skeleton } from '../../parts/states.tsx'

const MessageLink = (): ReactNode => {
  const [name, partition, offset] = [usePathParam('name'), usePathParam('partition'), usePathParam('offset')]
  const navigate = useNavigate()
  useEffect(() => {
    void navigate({
      to: '/topics/$name/messages',
      params: { name },
      search: { m: `${partition}-${offset}`, partition, offset },
      replace: true,
    })
  }, [navigate, name, partition, offset])
  return <Skeleton height={300} />
}

export default MessageLink
