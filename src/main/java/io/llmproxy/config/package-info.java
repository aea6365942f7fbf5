/** The configuration: records that are valid once made, and the loader that makes them from YAML. Knows no other package. */
@NullMarked
package io.llmproxy.config;

import org.jspecify.annotations.NullMarked;
