/**
 * The path of a request, in the order in which one reads it: {@link io.llmproxy.proxy.servlet.ExchangeFilter},
 * {@link io.llmproxy.proxy.servlet.ForwardEntry}, {@link io.llmproxy.proxy.forward.Forwarder},
 * {@link io.llmproxy.proxy.attempt.Attempts}, {@link io.llmproxy.proxy.attempt.UpstreamRequests},
 * {@link io.llmproxy.proxy.attempt.Attempt}, {@link io.llmproxy.proxy.answer.ResponseRelay}. Each room has a package;
 * {@code ArchitectureTest} holds which room may know which.
 */
@NullMarked
package io.llmproxy.proxy;

import org.jspecify.annotations.NullMarked;
