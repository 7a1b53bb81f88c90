import { describe } from 'vitest'
import { startBrokerProcess } from './broker-process.ts'
import { brokerPromises } from './promises.ts'

describe('the embedded broker', () => {
  brokerPromises(() => startBrokerProcess())
})
