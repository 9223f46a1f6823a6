//! The Universal Scalability Law (Gunther): X(N) = γN / (1 + α(N − 1) + βN(N − 1)), fitted to measured points.
//!
//! Behind sweeps over concurrency, and for points that were measured with one, two, … cores. Invariants: fewer than
//! six points are refused (three parameters would fit anything); α and β are not negative (a negative one has no
//! meaning here: it is set to 0 and the rest fitted again); errors are standard errors of the fit.

use serde::{Deserialize, Serialize};

/// Points below which a fit says nothing.
pub const POINTS_MIN: usize = 6;
/// Rounds of the fit; it converges within ten.
const ROUNDS_MAX: u32 = 200;

/// One measured point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Load: phones, shards or cores.
    pub n: f64,
    /// Throughput.
    pub x: f64,
}

/// The fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Points.
    pub points: usize,
    /// Throughput of one.
    pub gamma: f64,
    /// Its standard error.
    pub gamma_error: f64,
    /// Contention: what is done by one at a time.
    pub alpha: f64,
    /// Its standard error.
    pub alpha_error: f64,
    /// Coherence: what everyone tells everyone.
    pub beta: f64,
    /// Its standard error.
    pub beta_error: f64,
    /// Share of the variance that the law explains.
    pub r_squared: f64,
    /// N of the greatest throughput, and that throughput; nothing where β is 0.
    pub peak: Option<(f64, f64)>,
}

/// Why there is no fit.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FitError {
    /// Too few points, or too few different loads.
    #[error("{0} points with different loads: a fit needs at least {POINTS_MIN}")]
    TooFew(usize),
    /// A point that can't be.
    #[error("a load or throughput is not above 0")]
    Point,
    /// A line that is no point.
    #[error("line {0} is not two numbers")]
    Line(usize),
    /// The points determine nothing.
    #[error("the points do not determine the law: choose loads further apart")]
    Singular,
}

/// Throughput by the law.
#[must_use]
pub fn throughput(gamma: f64, alpha: f64, beta: f64, n: f64) -> f64 {
    gamma * n / (1.0 + alpha * (n - 1.0) + beta * n * (n - 1.0))
}

/// Reads points from two columns.
///
/// # Errors
/// A line, other than the first, that is not two numbers.
pub fn points(text: &str) -> Result<Vec<Point>, FitError> {
    let mut points = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut numbers = line
            .split([',', ';', '\t', ' '])
            .filter(|word| !word.is_empty())
            .map(str::parse::<f64>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(n)), Some(Ok(x))) => points.push(Point { n, x }),
            (None, _) => {}
            _ if index == 0 => {}
            _ => return Err(FitError::Line(index + 1)),
        }
    }
    Ok(points)
}

/// Fits the law by least squares on throughput.
///
/// # Errors
/// Too few points, points that can't be, or that determine nothing.
pub fn fit(points: &[Point]) -> Result<Fit, FitError> {
    if points
        .iter()
        .any(|point| !(point.n > 0.0 && point.x > 0.0 && point.n.is_finite() && point.x.is_finite()))
    {
        return Err(FitError::Point);
    }
    let mut loads: Vec<u64> = points.iter().map(|point| point.n.to_bits()).collect();
    loads.sort_unstable();
    loads.dedup();
    if loads.len() < POINTS_MIN {
        return Err(FitError::TooFew(loads.len()));
    }
    let mut free = [true; 3];
    let mut parameters = solve(points, free)?;
    for index in [2, 1] {
        if parameters[index] < 0.0 {
            free[index] = false;
            parameters = solve(points, free)?;
        }
    }
    Ok(describe(points, parameters, free))
}

/// Gauss–Newton with damping, from the solution of the linear form N / X = 1/γ + α/γ (N − 1) + β/γ N(N − 1).
fn solve(points: &[Point], free: [bool; 3]) -> Result<[f64; 3], FitError> {
    let rows = points.iter().map(|point| {
        let row = [1.0, point.n - 1.0, point.n * (point.n - 1.0)];
        (row, point.n / point.x)
    });
    let (matrix, right) = normal(rows, free);
    let linear = solve_three(matrix, right).ok_or(FitError::Singular)?;
    if linear[0] <= 0.0 {
        return Err(FitError::Singular);
    }
    let mut best = [1.0 / linear[0], linear[1] / linear[0], linear[2] / linear[0]];
    let mut damping = 1e-6;
    for _ in 0..ROUNDS_MAX {
        let (mut matrix, right) = normal(points.iter().map(|point| residual(point, best)), free);
        for (index, row) in matrix.iter_mut().enumerate() {
            row[index] *= 1.0 + damping;
        }
        let Some(step) = solve_three(matrix, right) else {
            return Ok(best);
        };
        let next = [best[0] + step[0], best[1] + step[1], best[2] + step[2]];
        if squares(points, next) < squares(points, best) {
            let is_done = step
                .iter()
                .zip(best)
                .all(|(step, value)| step.abs() <= 1e-12 * value.abs().max(1e-12));
            best = next;
            damping *= 0.1;
            if is_done {
                break;
            }
        } else {
            damping *= 10.0;
            if damping > 1e9 {
                break;
            }
        }
    }
    Ok(best)
}

/// The derivatives of the law at a point, and what it misses there.
fn residual(point: &Point, [gamma, alpha, beta]: [f64; 3]) -> ([f64; 3], f64) {
    let n = point.n;
    let divisor = 1.0 + alpha * (n - 1.0) + beta * n * (n - 1.0);
    let slope = -gamma * n / (divisor * divisor);
    let row = [n / divisor, slope * (n - 1.0), slope * n * (n - 1.0)];
    (row, point.x - gamma * n / divisor)
}

fn squares(points: &[Point], [gamma, alpha, beta]: [f64; 3]) -> f64 {
    points
        .iter()
        .map(|point| (point.x - throughput(gamma, alpha, beta, point.n)).powi(2))
        .sum()
}

/// The normal equations of some rows; a parameter that is not free stays 0.
fn normal(rows: impl Iterator<Item = ([f64; 3], f64)>, free: [bool; 3]) -> ([[f64; 3]; 3], [f64; 3]) {
    let (mut matrix, mut right) = ([[0.0; 3]; 3], [0.0; 3]);
    for (row, value) in rows {
        for i in (0..3).filter(|i| free[*i]) {
            right[i] += row[i] * value;
            for j in (0..3).filter(|j| free[*j]) {
                matrix[i][j] += row[i] * row[j];
            }
        }
    }
    for i in (0..3).filter(|i| !free[*i]) {
        matrix[i][i] = 1.0;
    }
    (matrix, right)
}

/// Three equations, by elimination with scaling; nothing where they are not independent.
fn solve_three(matrix: [[f64; 3]; 3], right: [f64; 3]) -> Option<[f64; 3]> {
    // Scaled to a unit diagonal: the columns differ by orders of magnitude.
    let scale = [0, 1, 2].map(|i| matrix[i][i].sqrt());
    if scale.iter().any(|scale| !scale.is_finite() || *scale <= 0.0) {
        return None;
    }
    let mut rows = [0, 1, 2].map(|i| {
        let of = |j: usize| matrix[i][j] / scale[i] / scale[j];
        [of(0), of(1), of(2), right[i] / scale[i]]
    });
    for column in 0..3 {
        let pivot = (column..3).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
        rows.swap(column, pivot);
        if rows[column][column].abs() < 1e-14 {
            return None;
        }
        let above = rows[column];
        for row in rows.iter_mut().skip(column + 1) {
            let factor = row[column] / above[column];
            for (value, above) in row.iter_mut().zip(above) {
                *value -= factor * above;
            }
        }
    }
    let mut solution = [0.0; 3];
    for row in (0..3).rev() {
        let known: f64 = (row + 1..3).map(|at| rows[row][at] * solution[at]).sum();
        solution[row] = (rows[row][3] - known) / rows[row][row];
    }
    Some([0, 1, 2].map(|i| solution[i] / scale[i]))
}

fn describe(points: &[Point], parameters: [f64; 3], free: [bool; 3]) -> Fit {
    let [gamma, alpha, beta] = parameters;
    let count = points.len() as f64;
    let mean = points.iter().map(|point| point.x).sum::<f64>() / count;
    let total: f64 = points.iter().map(|point| (point.x - mean).powi(2)).sum();
    let left = squares(points, parameters);
    let degrees = count - free.iter().filter(|free| **free).count() as f64;
    let (matrix, _) = normal(points.iter().map(|point| residual(point, parameters)), free);
    let error = |index: usize| {
        let mut unit = [0.0; 3];
        unit[index] = 1.0;
        let variance = solve_three(matrix, unit).map_or(f64::NAN, |column| column[index]);
        if free[index] {
            (variance * left / degrees).max(0.0).sqrt()
        } else {
            0.0
        }
    };
    let peak = (beta > 0.0 && alpha < 1.0).then(|| {
        let at = ((1.0 - alpha) / beta).sqrt();
        (at, throughput(gamma, alpha, beta, at))
    });
    Fit {
        points: points.len(),
        gamma,
        gamma_error: error(0),
        alpha,
        alpha_error: error(1),
        beta,
        beta_error: error(2),
        r_squared: if total > 0.0 { 1.0 - left / total } else { 1.0 },
        peak,
    }
}

#[cfg(test)]
mod tests;
