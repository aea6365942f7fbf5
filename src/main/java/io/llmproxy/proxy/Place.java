package io.llmproxy.proxy;

/**
 * Where a request arrived.
 *
 * @param forward the forward that takes it
 * @param path its path within the forward, as the client wrote it
 */
record Place(Forward forward, String path) {}
