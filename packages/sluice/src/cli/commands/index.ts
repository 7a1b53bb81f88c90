/** Every command. Dispatch, help and reference page are read from this list, in this order. */
import type { Command } from '../command.ts'
import { brokerCommand } from './broker.ts'
import { completionCommand } from './completion.ts'
import {
  configApplyCommand,
  configDiffCommand,
  configLintCommand,
  configRevisionsCommand,
  configShowCommand,
} from './config.ts'
import { connectionsListCommand, connectionsTestCommand } from './connections.ts'
import { consumeCommand } from './consume.ts'
import { dbUrlCommand } from './db.ts'
import { deadListCommand, deadPurgeCommand, deadRedriveCommand, deadShowCommand } from './dead.ts'
import { doctorCommand } from './doctor.ts'
import { groupsDeleteCommand, groupsListCommand, groupsResetCommand, groupsShowCommand } from './groups.ts'
import { ledgerCommand } from './ledger.ts'
import { lintCommand } from './lint.ts'
import { logsCommand } from './logs.ts'
import { messagesHistogramCommand, messagesShowCommand } from './messages.ts'
import {
  pipelinesListCommand,
  pipelinesOutcomesCommand,
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
import { seriesCommand } from './series.ts'
import { serverCommand } from './server.ts'
import { openCommand, signInCommand } from './session.ts'
import { topCommand } from './top.ts'
import { topicsPartitionsCommand, topicsSettingsCommand } from './topic-changes.ts'
import { topicsCreateCommand, topicsDeleteCommand, topicsListCommand, topicsShowCommand } from './topics.ts'
import { upCommand } from './up.ts'
import { workerCommand } from './worker.ts'

export const commands: readonly Command[] = [
  upCommand,
  topCommand,
  openCommand,
  signInCommand,
  topicsListCommand,
  topicsShowCommand,
  topicsCreateCommand,
  topicsSettingsCommand,
  topicsPartitionsCommand,
  topicsDeleteCommand,
  produceCommand,
  consumeCommand,
  messagesShowCommand,
  messagesHistogramCommand,
  groupsListCommand,
  groupsShowCommand,
  groupsResetCommand,
  groupsDeleteCommand,
  pipelinesListCommand,
  pipelinesShowCommand,
  pipelinesOutcomesCommand,
  pipelinesStartCommand,
  pipelinesStopCommand,
  pipelinesPauseCommand,
  pipelinesPositionCommand,
  pipelinesResetCommand,
  pipelinesRewindCommand,
  pipelinesSkipCommand,
  ledgerCommand,
  seriesCommand,
  deadListCommand,
  deadShowCommand,
  deadRedriveCommand,
  deadPurgeCommand,
  logsCommand,
  configShowCommand,
  configLintCommand,
  configDiffCommand,
  configApplyCommand,
  configRevisionsCommand,
  connectionsListCommand,
  connectionsTestCommand,
  lintCommand,
  schemaCommand,
  doctorCommand,
  dbUrlCommand,
  serverCommand,
  workerCommand,
  brokerCommand,
  completionCommand,
]
