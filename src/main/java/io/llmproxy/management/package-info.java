/** What the JVM's management (JMX) shows of the gateway, and lets operators do. */
@NullMarked
package io.llmproxy.management;

import org.jspecify.annotations.NullMarked;
