/** Builds the dashboard once before the tests of the whole system: browsers get the same page wherever they run. */
import { ensurePage } from '../../packages/dashboard/build/page.ts'

export const setup = async (): Promise<void> => {
  await ensurePage()
}
