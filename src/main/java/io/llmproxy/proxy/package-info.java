/**
 * The path of a request, in the order in which one reads it: {@link io.llmproxy.proxy.ExchangeFilter},
 * {@link io.llmproxy.proxy.ForwardServlet}, {@link io.llmproxy.proxy.Forwarder},
 * {@link io.llmproxy.proxy.UpstreamRequests}, {@link io.llmproxy.proxy.Attempt},
 * {@link io.llmproxy.proxy.ResponseRelay}.
 */
@NullMarked
package io.llmproxy.proxy;

import org.jspecify.annotations.NullMarked;
