/** Every command. Dispatch, help and reference page are read from this list, in this order. */
import type { Command } from '../command.ts'
import { brokerCommand } from './broker.ts'
import { consumeCommand } from './consume.ts'
import { dbUrlCommand } from './db.ts'
import { deadListCommand, deadPurgeCommand, deadRedriveCommand, deadShowCommand } from './dead.ts'
import { doctorCommand } from './doctor.ts'
import { lintCommand } from './lint.ts'
import { messagesHistogramCommand, messagesShowCommand } from './messages.ts'
import {
  pipelinesListCommand,
  pipelinesPauseCommand,
  pipelinesShowCommand,
  pipelinesStartCommand,
  pipelinesStopCommand,
} from './pipelines.ts'
import {
  pipelinesPositionCommand,
  pipelinesResetCommand,
  pipelinesRewindCommand,
  pipelinesSkipCommand,
} from './positions.ts'
import { produceCommand } from './produce.ts'
import { schemaCommand } from './schema.ts'
import { serverCommand } from './server.ts'
import { openCommand, signInCommand } from './session.ts'
import { topicsCreateCommand, topicsDeleteCommand, topicsListCommand, topicsShowCommand } from './topics.ts'
import { upCommand } from './up.ts'
import { workerCommand } from './worker.ts'

export const commands: readonly Command[] = [
  upCommand,
  openCommand,
  signInCommand,
  topicsListCommand,
  topicsShowCommand,
  topicsCreateCommand,
  topicsDeleteCommand,
  produceCommand,
  consumeCommand,
  messagesShowCommand,
  messagesHistogramCommand,
  pipelinesListCommand,
  pipelinesShowCommand,
  pipelinesStartCommand,
  pipelinesStopCommand,
  pipelinesPauseCommand,
  pipelinesPositionCommand,
  pipelinesResetCommand,
  pipelinesRewindCommand,
  pipelinesSkipCommand,
  deadListCommand,
  deadShowCommand,
  deadRedriveCommand,
  deadPurgeCommand,
  lintCommand,
  schemaCommand,
  doctorCommand,
  dbUrlCommand,
  serverCommand,
  workerCommand,
  brokerCommand,
]
