/** Home: is it well, what moves, what needs me. */
import { PageTitle } from '../../shell/page-title.tsx'

const HomePage = () => <PageTitle title="Home" />

export default HomePage
