package io.llmproxy.proxy.attempt;

/** All that becomes of attempts, to the point where the client gets an answer. */
interface Signals extends Attempt.Owner, CommitPoint.Owner, WholeContent.Owner {}
