import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, type LabTallyman, READ_TOKEN, ADMIN_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import { startTwoTeams } from './two-teams.ts'

