/** The one place where it is decided who may do what. Decides only. */
import type { Principal } from '../contract/answers.ts'
import type { Permission, ResourceKind } from '../contract/permissions.ts'
import { type Fault, fault } from '../kernel/faults/index.ts'

export interface Subject {
  readonly kind: ResourceKind
  /** null: all things of this kind. */
  readonly name: string | null
}

/** A thing as people read it: `topic orders`. */
export const subjectText = (subject: Subject): string =>
  subject.name === null ? `any ${subject.kind}` : `${subject.kind} ${subject.name}`

/**
 * Whether `principal` may do what needs `permission` to `subject`: null, or the fault to answer with.
 * @param permission null only for what is open to everybody
 */
export const authorize = (
  principal: Principal,
  permission: Permission | null,
  subject: Subject,
  keyFile: string,
): Fault | null => {
  if (permission === null) return null
  if (principal.permissions === 'all' || principal.permissions.has(permission)) return null
  if (principal.kind === 'anonymous') return fault('UNAUTHENTICATED', { keyFile })
  const [, action = permission] = permission.split(':')
  return fault('FORBIDDEN', { action, resource: subjectText(subject), permission })
}
