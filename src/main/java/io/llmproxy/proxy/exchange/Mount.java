package io.llmproxy.proxy.exchange;

import jakarta.servlet.Servlet;

/**
 * A forward, and what serves its requests.
 *
 * @param forward the forward
 * @param servlet serves its requests
 */
public record Mount(Forward forward, Servlet servlet) {}
