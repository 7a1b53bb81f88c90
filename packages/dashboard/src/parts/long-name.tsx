/** A name that gives way in its middle: names that begin alike differ at their end. */
import type { ReactNode } from 'react'

const alwaysWhole = 40
const endLength = 14

export const LongName = ({ name }: { name: string }): ReactNode =>
  name.length <= alwaysWhole ? (
    name
  ) : (
    <span className="name-end" title={name}>
      <span className="clip">{name.slice(0, -endLength)}</span>
      <span>{name.slice(-endLength)}</span>
    </span>
  )
