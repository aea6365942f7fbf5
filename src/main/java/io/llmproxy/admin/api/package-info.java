/** The admin API below {@code /admin/api/v1}: JSON over HTTP for the console and for scripts. Its document is {@code openapi.yaml}. */
@NullMarked
package io.llmproxy.admin.api;

import org.jspecify.annotations.NullMarked;
