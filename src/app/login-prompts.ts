import { createFormPrompt, type FormPromptOptions } from '../http/form-prompt.js'
import { createRefusals, type Refuse } from '../http/refusals.js'
import { createLoginPrompt } from '../http/login-prompt.js'
import { createOtherProviderOffer, type OtherProviderOptions } from '../http/other-provider.js'
import { createStepUpSeal, type StepUpSeal } from '../http/step-up-seal.js'
import { createStepUps, type StepUps } from '../http/step-ups.js'
import type { KeyRing } from '../session/key-ring.js'

/** What says to clients that a request needs a login, a better one, or is not to be. */
export interface LoginPrompts {
  readonly stepUpSeal: StepUpSeal
  readonly stepUps: StepUps
  readonly refuse: Refuse
}

export function createLoginPrompts(
  options: Omit<FormPromptOptions, 'promptForLogin' | 'seal'> &
    OtherProviderOptions & { readonly keyRing: KeyRing },
): LoginPrompts {
  const promptForLogin = createLoginPrompt(options)
  const stepUpSeal = createStepUpSeal(options.keyRing)
  const stepUps = createStepUps({ ...options, promptForLogin, seal: stepUpSeal })
  const refuse = createRefusals({
    ...options,
    promptForLogin: createFormPrompt({ ...options, promptForLogin, seal: stepUpSeal }),
    stepUps,
    offerOtherProvider: createOtherProviderOffer(options),
  })
  return { stepUpSeal, stepUps, refuse }
}
