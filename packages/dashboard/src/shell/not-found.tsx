/** An address that leads nowhere. */

import { Go } from '../parts/go.tsx'
import { Empty } from '../parts/states.tsx'
import { PageTitle } from './page-title.tsx'

export const NotFound = () => (
  <>
    <PageTitle title="No such page" />
    <Empty title="There is no such page">
      <p>
        The address may be from another version, or have lost a part.{' '}
        <Go className="lnk" to="/">
          Go home
        </Go>
        , or press <kbd>Ctrl K</kbd> and type what you look for.
      </p>
    </Empty>
  </>
)
