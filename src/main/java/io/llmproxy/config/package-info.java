/** The configuration: records that are valid once made, and the loader that makes them from YAML. Knows only {@code net} and {@code tls}. */
@NullMarked
package io.llmproxy.config;

import org.jspecify.annotations.NullMarked;
