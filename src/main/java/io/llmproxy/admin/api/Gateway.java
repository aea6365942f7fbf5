package io.llmproxy.admin.api;

import io.llmproxy.admin.ConfigDocuments;

/**
 * The gateway as the API sees it.
 *
 * @param version its release
 * @param documents its configuration
 */
public record Gateway(String version, ConfigDocuments documents) {}
