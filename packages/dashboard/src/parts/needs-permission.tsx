/** What stands where somebody may not look: which permission is missing, and the way to it. */
import { useSession } from '../client/session.ts'
import { Go } from './go.tsx'
import { Empty } from './states.tsx'

export const NeedsPermission = ({ permission, what }: { permission: string; what: string }) => {
  const isSignedIn = useSession().data?.signed_in === true
  return (
    <Empty title={`You may not see ${what}`}>
      <p>
        It needs the permission <code>{permission}</code>.{' '}
        {isSignedIn ? 'Ask whoever runs this Sluice for it.' : 'You are not signed in.'}
      </p>
      {isSignedIn ? null : (
        <Go className="btn pri" to="/signin">
          Sign in
        </Go>
      )}
    </Empty>
  )
}
