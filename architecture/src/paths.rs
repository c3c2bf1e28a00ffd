//! Every path in a piece of Rust that begins at the crate's root or at a parent module.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::{
    Attribute, Expr, ImplItem, Item, ItemUse, LitStr, Macro, Path, Stmt, UseTree, VisRestricted,
    visit::{self, Visit},
};

/// A path as it is written, made absolute: `["wait", "Condition"]` for `crate::wait::Condition`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The module in which it is written.
    pub at: Vec<String>,
    /// What it leads to, from the root of the crate.
    pub to: Vec<String>,
    /// Counted from 1.
    pub line: usize,
}

/// A name that a module passes on from elsewhere in the crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reexport {
    /// The module that passes it on.
    pub at: Vec<String>,
    /// Under which name.
    pub name: String,
    /// Where it is from.
    pub to: Vec<String>,
}

/// What one file contains.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Its paths.
    pub found: Vec<Found>,
    /// The names that it passes on.
    pub reexports: Vec<Reexport>,
    /// Its modules that are in files of their own, as absolute paths.
    pub files: Vec<Vec<String>>,
    /// Its modules that are written in it.
    pub inline: Vec<Vec<String>>,
}

/// Reads the paths of a file that is this module.
#[must_use]
pub fn read(file: &syn::File, module: &[String]) -> Contents {
    let mut reader = Reader { at: module.to_vec(), contents: Contents::default() };
    reader.visit_file(file);
    reader.contents
}

struct Reader {
    at: Vec<String>,
    contents: Contents,
}

impl Reader {
    /// A path as it is written, if it leads to a place in this crate that can be resolved without knowing what is in scope.
    fn absolute(&self, written: &[String]) -> Option<Vec<String>> {
        let mut base = match written.first()?.as_str() {
            "crate" | "$crate" => Vec::new(),
            "self" | "super" => self.at.clone(),
            _ => return None,
        };
        let mut rest = &written[1..];
        if written[0] == "super" {
            base.pop()?;
            while let [first, more @ ..] = rest
                && first == "super"
            {
                base.pop()?;
                rest = more;
            }
        }
        base.extend(rest.iter().cloned());
        Some(base)
    }

    fn note(&mut self, written: &[String], span: Span) {
        if let Some(to) = self.absolute(written) {
            self.contents.found.push(Found { at: self.at.clone(), to, line: span.start().line });
        }
    }

    fn use_tree(&mut self, tree: &UseTree, prefix: &mut Vec<String>, public: bool) {
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.use_tree(&path.tree, prefix, public);
                prefix.pop();
            }
            UseTree::Name(name) => self.imported(prefix, &name.ident, &name.ident.to_string(), public),
            UseTree::Rename(rename) => self.imported(prefix, &rename.ident, &rename.rename.to_string(), public),
            UseTree::Glob(glob) => self.note(prefix, glob.star_token.spans[0]),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.use_tree(tree, prefix, public)),
        }
    }

    fn imported(&mut self, prefix: &[String], ident: &syn::Ident, name: &str, public: bool) {
        let mut written = prefix.to_vec();
        // `use crate::wait::{self, Condition}`
        let name = if ident == "self" { prefix.last().map_or("", String::as_str) } else { name };
        if ident != "self" {
            written.push(ident.to_string());
        }
        self.note(&written, ident.span());
        if public {
            // `pub use wait::Condition` beside `mod wait` is relative.
            let to = self.absolute(&written).unwrap_or_else(|| self.at.iter().cloned().chain(written).collect());
            self.contents.reexports.push(Reexport { at: self.at.clone(), name: name.to_owned(), to });
        }
    }

    /// Macros are not expanded: their tokens are searched for paths.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut i = 0;
        while i < tokens.len() {
            match &tokens[i] {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(first) if first == "crate" || first == "super" => {
                    let mut written = vec![first.to_string()];
                    while let [TokenTree::Punct(a), TokenTree::Punct(b), TokenTree::Ident(next), ..] = &tokens[i + 1..]
                        && a.as_char() == ':'
                        && b.as_char() == ':'
                    {
                        written.push(next.to_string());
                        i += 3;
                    }
                    self.note(&written, first.span());
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            i += 1;
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if item_attributes(item).iter().any(is_for_tests) {
            return;
        }
        let Item::Mod(module) = item else { return visit::visit_item(self, item) };
        self.at.push(module.ident.to_string());
        match &module.content {
            Some((_, items)) => {
                self.contents.inline.push(self.at.clone());
                items.iter().for_each(|item| self.visit_item(item));
            }
            None => self.contents.files.push(self.at.clone()),
        }
        self.at.pop();
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = match item {
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            _ => return visit::visit_impl_item(self, item),
        };
        if !attributes.iter().any(is_for_tests) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let attributes = match statement {
            Stmt::Local(local) => &local.attrs,
            Stmt::Expr(Expr::Block(block), _) => &block.attrs,
            _ => return visit::visit_stmt(self, statement),
        };
        if !attributes.iter().any(is_for_tests) {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            let public = !matches!(item.vis, syn::Visibility::Inherited);
            self.use_tree(&item.tree, &mut Vec::new(), public);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none()
            && let Some(first) = path.segments.first()
        {
            let written: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.note(&written, first.ident.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, node: &'ast Macro) {
        self.visit_path(&node.path);
        self.tokens(node.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        // `#[serde(default = "super::model::nothing")]`
        if let syn::Meta::List(list) = &attribute.meta {
            for token in list.tokens.clone() {
                if let TokenTree::Literal(literal) = token
                    && let Ok(text) = syn::parse_str::<LitStr>(&literal.to_string())
                    && let Ok(path) = text.parse::<Path>()
                {
                    let written: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
                    self.note(&written, literal.span());
                }
            }
        }
    }

    /// `pub(in crate::marathon)` says who may look, not what is used.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}
}

/// `#[cfg(test)]`, alone or among other conditions, or `#[test]`.
fn is_for_tests(attribute: &Attribute) -> bool {
    let is_test = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident == "test");
    match &attribute.meta {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            let mut tokens = list.tokens.clone().into_iter();
            match tokens.next() {
                Some(TokenTree::Ident(all)) if all == "all" => tokens.any(
                    |token| matches!(token, TokenTree::Group(group) if group.stream().into_iter().any(|t| is_test(&t))),
                ),
                first => first.as_ref().is_some_and(is_test),
            }
        }
        syn::Meta::List(_) | syn::Meta::NameValue(_) => false,
    }
}

fn item_attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        // Unions, foreign modules, trait aliases: not in this workspace. The type is non-exhaustive.
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn paths(source: &str) -> Vec<String> {
        let file = syn::parse_file(source).expect("Rust");
        let module = ["watch".to_owned(), "view".to_owned()];
        read(&file, &module).found.iter().map(|found| format!("{}:{}", found.line, found.to.join("::"))).collect()
    }

    #[rstest]
    #[case::import("use crate::model::Task;", &["1:model::Task"])]
    #[case::group("use crate::{\n    model::{self, Task},\n    wait,\n};", &["2:model", "2:model::Task", "3:wait"])]
    #[case::parents("use super::super::model::Task as T;", &["1:model::Task"])]
    #[case::sibling("use super::describe;", &["1:watch::describe"])]
    #[case::glob("use crate::model::*;", &["1:model"])]
    #[case::own("use self::inner::X;", &["1:watch::view::inner::X"])]
    #[case::type_path("fn f(task: &crate::model::Task) {}", &["1:model::Task"])]
    #[case::expression("fn f() {\n    crate::scale::run(super::now())\n}", &["2:scale::run", "2:watch::now"])]
    #[case::generic("type T = Vec<crate::model::Task>;", &["1:model::Task"])]
    #[case::in_a_macro("fn f() { vec![crate::model::Task::new(1)]; }", &["1:model::Task::new"])]
    #[case::attribute("struct S { #[serde(default = \"super::nothing\")] a: u8 }", &["1:watch::nothing"])]
    #[case::inner_module("mod inner { use super::super::life; }", &["1:watch::life"])]
    #[case::visibility("pub(in crate::watch) struct S;", &[])]
    #[case::other_crates("use std::time::Duration; use ::text::count; use tokio::time;", &[])]
    #[case::tests("#[cfg(test)] mod tests { use crate::scale; } #[cfg(test)] use crate::scale;", &[])]
    #[case::tests_of_a_platform("#[cfg(all(test, unix))] use crate::scale;", &[])]
    #[case::not_tests("#[cfg(not(test))] use crate::scale;", &["1:scale"])]
    fn paths_are_found(#[case] source: &str, #[case] expected: &[&str]) {
        assert_eq!(paths(source), expected);
    }
}
