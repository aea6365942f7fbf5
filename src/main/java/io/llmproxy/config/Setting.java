package io.llmproxy.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * What one key of the configuration means and which values it takes. The loader, the JSON schema, the reference
 * configuration and {@code docs/configuration.md} are all read off these annotations, so that none can drift.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {
    /** One sentence for the operator. */
    String value();

    /** The value of an absent key, as it would be written in YAML; empty where there is none. */
    String byDefault() default "";

    /** Whether the key has to be there. */
    boolean required() default false;

    /** Other spellings of the key that are accepted. */
    String[] alias() default {};

    /** The smallest number allowed, in the key's unit. */
    double min() default Double.NEGATIVE_INFINITY;

    /** The largest number allowed, in the key's unit. */
    double max() default Double.POSITIVE_INFINITY;

    /** What a plain number counts. */
    Unit unit() default Unit.NONE;
}
