/** Every transform that Sluice ships. Configuration and docs are read from this list. */
import type { TransformDefinition } from './define.ts'
import { filterTransform } from './filter.ts'
import { mapTransform } from './map.ts'
import { validateTransform } from './validate.ts'

export const transforms: readonly TransformDefinition[] = [filterTransform, mapTransform, validateTransform]
