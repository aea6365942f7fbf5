package io.llmproxy.proxy.exchange;

import io.llmproxy.proxy.request.RequestPath;

/**
 * Where a request arrived.
 *
 * @param mount the forward that takes it
 * @param path its path within the forward, as it is to be looked at
 */
public record Place(Mount mount, RequestPath path) {}
