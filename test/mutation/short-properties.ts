import fc from 'fast-check'

/** A property test runs again for every change: it takes the first counterexample, and ends after 1.5 s without one. */
fc.configureGlobal({ endOnFailure: true, interruptAfterTimeLimit: 1_500 })
