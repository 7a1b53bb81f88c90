/** Exchanges the token of a one-time link for a session. The token leaves the address before anything else happens. */
import { useEffect, useRef } from 'react'
import { apiErrorOf } from '../../client/api-error.ts'
import { useSession, useSignIn } from '../../client/session.ts'
import { liveConnection } from '../../live/connection.adapter.ts'
import { useGoTo } from '../../parts/address.adapter.ts'
import { Chip } from '../../parts/chip.tsx'
import { Go } from '../../parts/go.tsx'
import { Skeleton } from '../../parts/states.tsx'
import { SignInSteps } from './sign-in-needed.tsx'

/** Takes the token out of the address, so that it stays in no history and no screenshot. */
const takeToken = (): string | null => {
  const token = location.hash.slice(1)
  if (token === '') return null
  history.replaceState(history.state, '', location.pathname)
  return decodeURIComponent(token)
}

const SignInPage = () => {
  const session = useSession()
  const signIn = useSignIn()
  const goTo = useGoTo()
  const started = useRef(false)
  useEffect(() => {
    document.title = 'Sign in · Sluice'
    if (started.current) return
    started.current = true
    const token = takeToken()
    if (token === null) return
    signIn.mutate(token, {
      onSuccess: () => {
        liveConnection().reconnect()
        goTo('/')
      },
    })
  }, [signIn, goTo])
  const failure = signIn.error === null ? null : apiErrorOf(signIn.error).facts
  return (
    <div className="veil" style={{ background: 'none' }}>
      <main className="dialog" style={{ width: 'min(460px, 100%)' }}>
        <header>
          <h1>Sign in to Sluice</h1>
        </header>
        <div className="body">
          {signIn.isPending ? (
            <>
              <p>Signing in</p>
              <Skeleton height={6} />
            </>
          ) : failure !== null ? (
            <>
              <div role="alert">
                <Chip tone="bd">{failure.what}</Chip>
                <p>{failure.next}</p>
              </div>
              <SignInSteps />
            </>
          ) : session.data?.signed_in === true ? (
            <>
              <p>You are signed in as {session.data.principal.name}.</p>
              <Go className="btn pri start" to="/">
                Go to Home
              </Go>
            </>
          ) : (
            <>
              <SignInSteps />
              {session.data?.anonymous === 'read' ? (
                <Go className="lnk" to="/">
                  Look around without signing in
                </Go>
              ) : null}
            </>
          )}
        </div>
      </main>
    </div>
  )
}

export default SignInPage
