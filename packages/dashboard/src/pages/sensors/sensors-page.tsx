/** System D's page. */
import { PageTitle } from '../../shell/page-title.tsx'

const SensorsPage = () => <PageTitle title="Sensors" />

export default SensorsPage
