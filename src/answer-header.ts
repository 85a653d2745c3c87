/** Tells an answer of ours from one of the upstream's, and which it is. In lower case, as node has names. */
export const answerHeaderName = 'x-valetkey-answer'
