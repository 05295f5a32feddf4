import type { AddCommand } from '../cli.ts'
export const addCompletion: AddCommand = () => {}
