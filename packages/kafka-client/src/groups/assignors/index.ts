/** The assignors that a group can agree on, by name. */
import { cooperativeStickyAssignor } from './cooperative-sticky.ts'
import { rangeAssignor } from './range.ts'
import { roundRobinAssignor } from './round-robin.ts'
import { stickyAssignor } from './sticky.ts'

export const assignors = {
  range: rangeAssignor,
  roundrobin: roundRobinAssignor,
  sticky: stickyAssignor,
  'cooperative-sticky': cooperativeStickyAssignor,
} as const

export type AssignorName = keyof typeof assignors
