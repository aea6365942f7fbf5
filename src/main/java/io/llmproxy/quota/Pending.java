package io.llmproxy.quota;

import java.util.concurrent.CompletableFuture;

/**
 * This node has too little of a limit that nodes share, and has asked for more.
 *
 * @param outcome what comes of it, within the time-out of the store; none that is pending. The thread that completes it has to return
 *     soon. If the request is given up meanwhile, what was reserved for it is to be settled
 */
public record Pending(CompletableFuture<Outcome> outcome) implements Outcome {}
