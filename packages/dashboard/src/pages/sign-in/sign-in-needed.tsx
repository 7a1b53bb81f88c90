/** What stands where a page would, for whoever is not signed in: how to get in. */
import { CodeBlock } from '../../parts/code-block.tsx'
import { Empty } from '../../parts/states.tsx'
import { PageTitle } from '../../shell/page-title.tsx'

export const SignInSteps = () => (
  <>
    <p>
      Type this on the machine where Sluice runs, in the folder where it was started, and open the link that
      it prints. The link works once.
    </p>
    <CodeBlock text="./sluice signin" />
    <p className="faint small">
      <code>./sluice open</code> does both where that machine has a browser.
    </p>
  </>
)

export const SignInNeeded = () => (
  <>
    <PageTitle title="Sign in" />
    <Empty title="You are not signed in">
      <SignInSteps />
    </Empty>
  </>
)
